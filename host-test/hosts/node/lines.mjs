// The contract's records as JSON Lines, as `host-test sync --format jsonl` writes them. The Worker in ../workers uses this file, too.

/** The contract's fields that hold JSON as text. */
const HOLDS_JSON = ['profile', 'extra', 'details', 'anyOf', 'allOf', 'noneOf'];

/** Names in snake_case, each worked out once. */
const names = new Map();
function snakeCase(name) {
  if (!names.has(name)) names.set(name, name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  return names.get(name);
}

/** A record as JSON, in snake_case. JSON within it stays as it is: a number that JavaScript rounds would come out as another. */
function json(value, isJson = false) {
  if (Array.isArray(value)) return `[${value.map((item) => json(item, isJson)).join()}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.keys(value).map((name) => `"${snakeCase(name)}":${json(value[name], HOLDS_JSON.includes(name))}`);
    return `{${fields.join()}}`;
  }
  if (!isJson) return JSON.stringify(value ?? null);
  if (value !== '{}') JSON.parse(value); // It is what it says it is, and begins no line of its own:
  return value.replace(/[\t\r\n]/g, ' ');
}

/** JSON in ASCII: strangers choose names, and some characters do things to a terminal. */
function ascii(text) {
  const escape = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(/[^ -~]/g, escape);
}

/** A record's line. */
export const line = (record) => `${ascii(json(record))}\n`;

const grantId = (entitlement, { kind, id }) => `${entitlement}:${kind}:${id}`;
/** A grant without alternatives holds always. */
const alternatives = (conditions) => (conditions.length ? conditions : null);

/** A record for each grant, with its id: the connector gives those together that are alike but for their principals. */
export function identified({ entitlement, principals, basis, conditions, ...rest }) {
  const shared = { basis, conditions: alternatives(conditions), ...rest };
  return principals.map((principal) => ({ type: 'grant', id: grantId(entitlement, principal), entitlement, principal, ...shared }));
}

/** The lines of these records. What they share is written once: a grant can have thousands of principals. */
function grantLines({ entitlement, principals, basis, conditions, ...rest }) {
  const shared = json({ basis, conditions: alternatives(conditions), ...rest }).slice(1);
  const [of, behind] = [json(entitlement), ascii(shared)];
  return principals.map((principal) => {
    const before = `{"type":"grant","id":${json(grantId(entitlement, principal))},"entitlement":${of},"principal":${json(principal)},`;
    return `${ascii(before)}${behind}\n`;
  });
}

/** The lines of a page's records. */
export const pageLines = (page) => [
  ...page.resources.map((resource) => line({ type: 'resource', ...resource })),
  ...page.entitlements.map((entitlement) => line({ type: 'entitlement', ...entitlement })),
  ...page.grants.flatMap(grantLines),
  ...page.warnings.map((warning) => line({ type: 'warning', ...warning })),
];
