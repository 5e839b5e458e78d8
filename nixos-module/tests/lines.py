# Shows the cases of suite.nix as lines. Usage: lines.py GROUND FILE
import json
import sys

ground, path = sys.argv[1:]
for case in json.load(open(path)):
    if case["skip"]:
        print(f"SKIP - {ground}: {case['name']}: {case['skip']}")
    elif case["ok"]:
        print(f"ok - {ground}: {case['name']}")
    else:
        print(f"not ok - {ground}: {case['name']}: {case['detail']}")
