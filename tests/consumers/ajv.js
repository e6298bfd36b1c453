// ajv.js - validates JSON files against a draft-07 schema with ajv: node ajv.js NODE_MODULES SCHEMA FILE...
// SPDX-License-Identifier: MIT OR Unlicense
const fs = require('fs');
const [modules, schema, ...files] = process.argv.slice(2);
const ajv = require(require('path').resolve(modules, 'ajv'));
const validate = new (ajv.default || ajv)({ strict: false, allErrors: true }).compile(JSON.parse(fs.readFileSync(schema)));
let bad = files.length === 0;
for (const file of files) {
    if (validate(JSON.parse(fs.readFileSync(file)))) continue;
    bad = true;
    console.log(file, validate.errors.slice(0, 5));
}
process.exit(bad ? 1 : 0);
