"""The JSON Schema against tests/bad: what the check takes passes; wrong shapes, words and numbers do not. SPDX-License-Identifier: MIT OR Unlicense"""
import glob
import json
import os
import sys

import jsonschema
import yaml

# Rules that a schema can say; the others are about how things refer to each other, or add up.
SHAPES = ("unknown_key", "missing_list", "missing_in_flow", "missing_operation", "wrong_type", "unknown_name", "out_of_range", "step_operation_none")
# YAML 1.1, which PyYAML reads, takes `yes` for a truth value; two bounds depend on other fields
APART = ("wrong_type_yes", "wrong_type_bool", "out_of_range_maximum", "out_of_range_values_mean")

validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1], encoding="utf-8")))
seen = 0
for path in sorted(glob.glob("tests/bad/cases/*.yml")):
    name = os.path.basename(path)[:-4]
    if name in APART or name.startswith(("syntax", "ignored_key")):
        continue
    expected = open(path[:-3] + "expected", encoding="utf-8").read()
    try:
        errors = list(validator.iter_errors(yaml.safe_load(open(path, encoding="utf-8"))))
    except yaml.YAMLError:
        continue
    if " error: " not in expected and errors:
        sys.exit(f"{name}: the schema refuses what the check takes: {errors[0].message}")
    if name.startswith(SHAPES) and not errors:
        sys.exit(f"{name}: the schema takes what the check refuses")
    seen += 1
assert seen > 50, seen
