/**
 * Checks of names as `k8s.io/apimachinery/pkg/util/validation` makes them. Each returns what is wrong, in the words
 * that Kubernetes clients know; an empty list means the value is good.
 */
export type NameCheck = (value: string) => string[];

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

const LABEL_PATTERN = whole(LABEL);
const SUBDOMAIN_PATTERN = whole(SUBDOMAIN);
const WILDCARD_PATTERN = whole(`\\*\\.${SUBDOMAIN}`);
const LABEL_1035_PATTERN = whole(LABEL_1035);
const QUALIFIED_PATTERN = whole(QUALIFIED);
const LABEL_VALUE_PATTERN = whole(LABEL_VALUE);
const CONFIG_KEY_PATTERN = whole(CONFIG_KEY);
const RELAXED_ENV_PATTERN = /^[ -<>-~]*$/;

const LABEL_MESSAGE = explained(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  LABEL,
  ['my-name', '123-abc'],
);
const SUBDOMAIN_MESSAGE = explained(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  SUBDOMAIN,
  ['example.com'],
);
const WILDCARD_MESSAGE = explained(
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  `\\*\\.${SUBDOMAIN}`,
  ['*.example.com'],
);
const LABEL_1035_MESSAGE = explained(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  LABEL_1035,
  ['my-name', 'abc-123'],
);
const QUALIFIED_TEXT =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const QUALIFIED_MESSAGE = explained(QUALIFIED_TEXT, QUALIFIED, ['MyName', 'my.name', '123-abc']);
const LABEL_VALUE_MESSAGE = explained(
  `a valid label must be an empty string or ${QUALIFIED_TEXT.slice(5)}`,
  LABEL_VALUE,
  ['MyValue', 'my_value', '12345'],
);
const CONFIG_KEY_MESSAGE = explained(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  CONFIG_KEY,
  ['key.name', 'KEY_NAME', 'key-name'],
);

/** RFC 1123 label, at most 63 bytes: namespaces, containers, volumes, hostnames. */
export function checkDnsLabel(value: string): string[] {
  // A name that is wrong only for its dots is told so.
  const dotted = !LABEL_PATTERN.test(value) && SUBDOMAIN_PATTERN.test(value);
  return check(value, 63, LABEL_PATTERN, dotted ? 'must not contain dots' : LABEL_MESSAGE);
}

/** RFC 1123 subdomain, at most 253 bytes: the names of most objects. */
export function checkDnsSubdomain(value: string): string[] {
  return check(value, 253, SUBDOMAIN_PATTERN, SUBDOMAIN_MESSAGE);
}

/** `*.` and a subdomain: hosts of an Ingress. */
export function checkWildcardSubdomain(value: string): string[] {
  return check(value, 253, WILDCARD_PATTERN, WILDCARD_MESSAGE);
}

/** RFC 1035 label, at most 63 bytes: names of Services. */
export function checkDns1035Label(value: string): string[] {
  return check(value, 63, LABEL_1035_PATTERN, LABEL_1035_MESSAGE);
}

/** `[prefix/]name`: keys of labels and annotations, condition types, finalizers. */
export function checkQualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    const text = explained(`a qualified name ${QUALIFIED_TEXT}`, QUALIFIED, ['MyName', 'my.name', '123-abc']);
    return [`${text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push('prefix part must be non-empty');
    else errors.push(...checkDnsSubdomain(prefix).map((message) => `prefix part ${message}`));
  }
  const name = parts[parts.length - 1] ?? '';
  if (name === '') errors.push('name part must be non-empty');
  else if (Buffer.byteLength(name) > 63) errors.push(`name part ${tooLongMessage(63)}`);
  if (!QUALIFIED_PATTERN.test(name)) errors.push(`name part ${QUALIFIED_MESSAGE}`);
  return errors;
}

export function checkLabelValue(value: string): string[] {
  return check(value, 63, LABEL_VALUE_PATTERN, LABEL_VALUE_MESSAGE);
}

/** Keys of ConfigMaps and Secrets: they become file names, so `.` and `..` are out. */
export function checkConfigKey(value: string): string[] {
  const errors = check(value, 253, CONFIG_KEY_PATTERN, CONFIG_KEY_MESSAGE);
  if (value === '.') errors.push("must not be '.'");
  else if (value === '..') errors.push("must not be '..'");
  else if (value.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

/** Names of environment variables: printable ASCII without `=` (KEP-4369). */
export function checkEnvVarName(value: string): string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  if (RELAXED_ENV_PATTERN.test(value)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** IANA service name (RFC 6335): names of container ports. */
export function checkPortName(value: string): string[] {
  const errors: string[] = [];
  if (value.length > 15) errors.push(tooLongMessage(15));
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function checkPortNumber(value: number): string[] {
  return value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

/** A port by number or by name: probes, hooks, `targetPort`. */
export function checkPort(value: number | string): string[] {
  return typeof value === 'number' ? checkPortNumber(value) : checkPortName(value);
}

export function tooLongMessage(bytesMax: number): string {
  return `must be no more than ${bytesMax} bytes`;
}

function check(value: string, bytesMax: number, pattern: RegExp, message: string): string[] {
  const errors = Buffer.byteLength(value) > bytesMax ? [tooLongMessage(bytesMax)] : [];
  if (!pattern.test(value)) errors.push(message);
  return errors;
}

function whole(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

// The comma before "or" is how Kubernetes prints it; tools compare these texts.
function explained(message: string, pattern: string, examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}
