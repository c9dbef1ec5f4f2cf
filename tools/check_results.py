"""Validates files of results against docs/results.schema.json: `check_results.py RESULTS.json…` (pip install jsonschema).

Every fault is printed with its place; the exit code is 1 if there is one.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator

SCHEMA = pathlib.Path(__file__).parent.parent / "docs/results.schema.json"


def main(paths):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator, faults = Draft202012Validator(schema), 0
    for path in paths:
        content = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        for fault in sorted(validator.iter_errors(content), key=lambda f: f.json_path):
            print(f"{path}: {fault.json_path}: {fault.message}")
            faults += 1
    print(f"{len(paths)} files, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
