// The contract's records as JSON Lines, as `host-test sync --format jsonl` writes them. The Worker in ../workers uses this file, too.

/** The contract's fields that hold JSON as text. */
const HOLDS_JSON = ['profile', 'extra', 'details', 'anyOf', 'allOf', 'noneOf'];

/** A record as JSON, in snake_case. JSON within it stays as it is: a number that JavaScript rounds would come out as another. */
function json(value, isJson = false) {
  if (Array.isArray(value)) return `[${value.map((item) => json(item, isJson)).join()}]`;
  if (value !== null && typeof value === 'object') {
    const snakeCase = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const fields = Object.entries(value).map(([name, field]) => `"${snakeCase(name)}":${json(field, HOLDS_JSON.includes(name))}`);
    return `{${fields.join()}}`;
  }
  if (!isJson) return JSON.stringify(value ?? null);
  JSON.parse(value); // It is what it says it is, and begins no line of its own:
  return value.replace(/[\t\r\n]/g, ' ');
}

/** A record's line, in ASCII: strangers choose names, and some characters do things to a terminal. */
export function line(record) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${json(record).replace(/[^ -~]/g, escape)}\n`;
}

/**
 * A record for each grant, with its id: the connector gives those together that are alike but for their principals. A grant without
 * alternatives holds always.
 */
export function identified({ entitlement, principals, basis, conditions, ...rest }) {
  return principals.map((principal) => {
    const id = `${entitlement}:${principal.kind}:${principal.id}`;
    return { type: 'grant', id, entitlement, principal, basis, conditions: conditions.length ? conditions : null, ...rest };
  });
}

/** The lines of a page's records. */
export const pageLines = (page) => [
  ...page.resources.map((resource) => line({ type: 'resource', ...resource })),
  ...page.entitlements.map((entitlement) => line({ type: 'entitlement', ...entitlement })),
  ...page.grants.flatMap(identified).map(line),
  ...page.warnings.map((warning) => line({ type: 'warning', ...warning })),
];
