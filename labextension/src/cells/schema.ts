/** The keys and options of a fine-tune cell, from the JSON schema that the kernel sends. */

import type { JSONObject, JSONValue } from '@lumino/coreutils';

import { readField } from './field.js';
import type { Field } from './field.js';
import { tomlFloat } from './toml.js';

/** A key of the body. */
export interface Key {
  name: string;
  help: string;
  /** The values that it takes, in words. */
  allowed: string;
  /** Its default as TOML, or "". */
  initial: string;
  /** Values to choose from, as TOML. */
  values: string[];
  /** Whether it takes a list, but no single string. */
  list: boolean;
  /** The rules for its value. */
  field: Field;
}

/** An option of the magic line. */
export interface Option {
  name: string;
  /** Name of its value, or "". */
  value: string;
  help: string;
  /** Whether the body is a whole configuration, changes to one, or not read at all. */
  body: 'whole' | 'changes' | 'unread';
}

export interface CellSchema {
  keys: ReadonlyMap<string, Key>;
  options: Option[];
  /** Names that other tools use for keys. */
  otherNames: ReadonlyMap<string, string>;
}

/** Read a schema; unexpected parts are left out. */
export function readSchema(json: JSONObject): CellSchema {
  const fields = object(json['x-fields']);
  const keys = Object.entries(object(json['properties'])).map(([name, value]): [string, Key] => [
    name,
    readKey(name, object(value), object(fields[name]))
  ]);
  return {
    keys: new Map(keys),
    options: array(json['x-options']).map(option => readOption(object(option))),
    otherNames: readNames(json['x-other-names'])
  };
}

/** A value as TOML; "" if TOML has no such value. */
export function tomlValue(value: JSONValue | undefined): string {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? String(value) : tomlFloat(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map(tomlValue).join(', ')}]`;
  }
  return typeof value === 'string' || typeof value === 'boolean' ? JSON.stringify(value) : '';
}

function readKey(name: string, schema: JSONObject, rules: JSONObject): Key {
  return {
    name,
    help: text(schema['description']),
    allowed: text(schema['x-allowed']),
    initial: tomlValue(schema['default']),
    values: texts(schema['x-values']),
    list: kinds(schema).includes('array') && !kinds(schema).includes('string'),
    field: readField(name, text(schema['x-allowed']), rules)
  };
}

function readNames(value: JSONValue | undefined): Map<string, string> {
  return new Map(Object.entries(object(value)).map(([name, other]) => [name, text(other)]));
}

function readOption(option: JSONObject): Option {
  const body = option['body'];
  return {
    name: text(option['name']),
    value: text(option['value']),
    help: text(option['help']),
    body: body === 'changes' || body === 'unread' ? body : 'whole'
  };
}

/** The JSON types that a schema allows, without strings that are only references. */
function kinds(schema: JSONObject): string[] {
  const own = schema['type'];
  const alternatives = array(schema['anyOf']).flatMap(one => kinds(object(one)));
  const isChoice = schema['pattern'] !== undefined || schema['const'] !== undefined;
  return isChoice ? alternatives : [...(Array.isArray(own) ? texts(own) : [text(own)]), ...alternatives];
}

function object(value: JSONValue | undefined): JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JSONObject) : {};
}

function array(value: JSONValue | undefined): JSONValue[] {
  return Array.isArray(value) ? (value as JSONValue[]) : [];
}

function texts(value: JSONValue | undefined): string[] {
  return array(value).map(text);
}

function text(value: JSONValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
