# Checks a JSON file against a schema. Usage: schema.py SCHEMA FILE
import json
import sys

import jsonschema

schema, instance = (json.load(open(path)) for path in sys.argv[1:])
jsonschema.validate(instance, schema)
