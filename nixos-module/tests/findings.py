# Names the codes of a report's findings after the word `codes`.
# Usage: findings.py REPORT
import json
import sys

print("codes", *(finding["code"] for finding in json.load(open(sys.argv[1]))["findings"]))
