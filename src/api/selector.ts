import { checkLabelValue, checkQualifiedName } from './names.ts';
import { SelectorTokens } from './selectortokens.ts';
import { badRequest } from './status.ts';
import type { LabelSelector } from './types/meta.ts';

/** Says whether an object with these labels is selected. */
export type LabelMatcher = (labels: Record<string, string> | undefined) => boolean;

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

type Operator = 'in' | 'notin' | '=' | '!=' | 'exists' | '!' | 'gt' | 'lt';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/**
 * Parses the text of a label selector as kubectl and clients send it: `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`.
 * An empty text selects everything. Throws `BadRequest` with the message of `k8s.io/apimachinery/pkg/labels`.
 */
export function parseLabelSelector(text: string): LabelMatcher {
  return matcherOfRequirements(parseRequirements(text));
}

/** The matcher of a `LabelSelector`: an absent one selects nothing, an empty one everything. */
export function matcherOf(selector: LabelSelector | undefined): LabelMatcher {
  return selector ? matcherOfRequirements(requirementsOf(selector)) : () => false;
}

/** The matcher of a plain map, as Services use them. An absent or empty one selects nothing. */
export function matcherOfLabels(wanted: Record<string, string> | undefined): LabelMatcher {
  const entries = Object.entries(wanted ?? {});
  if (entries.length === 0) return () => false;
  return (labels) => entries.every(([key, value]) => labels?.[key] === value);
}

/** The selector as text that `parseLabelSelector` reads back, sorted by key; `<none>` when it has no requirement. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  return labelSelectorText(selector) || '<none>';
}

/** As `formatLabelSelector`, but empty when it has no requirement: the form `scale` needs. */
export function labelSelectorText(selector: LabelSelector | undefined): string {
  return requirementsOf(selector ?? {})
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(requirementText)
    .join(',');
}

/**
 * Parses a field selector: `a=b,c!=d,e==f`, with `\` before `,`, `=` or `\` that belong to a value. Whether the kind
 * knows the fields is the caller's to check. Throws `BadRequest`.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitFieldTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const found = /^((?:[^\\=!]|\\.|!(?!=))*)(!=|==|=)((?:[^\\=]|\\.)*)$/s.exec(term);
      if (!found) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = '', operator, value = ''] = found;
      return { field, operator: operator === '!=' ? '!=' : '=', value: unescapeFieldValue(value) };
    });
}

function parseRequirements(text: string): Requirement[] {
  const tokens = new SelectorTokens(text);
  const requirements: Requirement[] = [];
  for (;;) {
    const next = tokens.peek(true);
    if (next.kind === 'end') return requirements;
    if (next.kind !== 'word' && next.text !== '!') {
      throw badRequest(`found '${next.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(parseRequirement(tokens));
    const after = tokens.take(true);
    if (after.kind === 'end') return requirements;
    if (after.text !== ',') throw badRequest(`found '${after.text}', expected: ',' or 'end of string'`);
    const following = tokens.peek(true);
    if (following.kind !== 'word' && following.text !== '!') {
      throw badRequest(`found '${following.text}', expected: identifier after ','`);
    }
  }
}

function parseRequirement(tokens: SelectorTokens): Requirement {
  const negated = tokens.peek(true).text === '!';
  if (negated) tokens.take(true);
  const word = tokens.take(true);
  if (word.kind !== 'word') throw unparsable(`found '${word.text}', expected: identifier`);
  const key = word.text;
  for (const message of checkQualifiedName(key)) throw unparsable(`<nil>: Invalid value: "${key}": ${message}`);
  if (negated) return { key, operator: '!', values: [] };
  const next = tokens.peek(true);
  if (next.kind === 'end' || next.text === ',') return { key, operator: 'exists', values: [] };
  const operator = parseOperator(tokens);
  const values = operator === 'in' || operator === 'notin' ? parseValues(tokens) : [parseExactValue(tokens)];
  checkValues(key, operator, values);
  return { key, operator, values };
}

function parseOperator(tokens: SelectorTokens): Operator {
  const { text } = tokens.take(false);
  switch (text) {
    case 'in':
    case 'notin':
    case '!=':
      return text;
    case '=':
    case '==':
      return '=';
    case '>':
      return 'gt';
    case '<':
      return 'lt';
    default:
      throw unparsable(`found '${text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
}

function parseValues(tokens: SelectorTokens): string[] {
  const open = tokens.take(true);
  if (open.text !== '(') throw unparsable(`found '${open.text}' expected: '('`);
  const values = new Set<string>();
  for (let wantsValue = true; ; ) {
    const token = tokens.take(true);
    if (token.kind === 'word' && wantsValue) {
      values.add(token.text);
      wantsValue = false;
    } else if (token.text === ',' || token.text === ')') {
      if (wantsValue) values.add('');
      if (token.text === ')') return [...values].sort();
      wantsValue = true;
    } else {
      throw unparsable(`found '${token.text}', expected: ',', ')' or identifier`);
    }
  }
}

function parseExactValue(tokens: SelectorTokens): string {
  const next = tokens.peek(true);
  if (next.kind === 'end' || next.text === ',') return '';
  const token = tokens.take(true);
  if (token.kind !== 'word') throw unparsable(`found '${token.text}', expected: identifier`);
  return token.text;
}

function checkValues(key: string, operator: Operator, values: readonly string[]): void {
  if ((operator === 'gt' || operator === 'lt') && !/^[+-]?\d+$/.test(values[0] ?? '')) {
    const detail = "for 'Gt', 'Lt' operators, the value must be an integer";
    throw unparsable(`values[0][${key}]: Invalid value: "${values[0]}": ${detail}`);
  }
  values.forEach((value, index) => {
    for (const message of checkLabelValue(value)) {
      throw unparsable(`values[${index}][${key}]: Invalid value: "${value}": ${message}`);
    }
  });
}

function requirementsOf(selector: LabelSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: '=', values: [value] }),
  );
  const operators = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' } as const;
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({
      key,
      operator: operators[operator],
      values: [...(values ?? [])].sort(),
    }),
  );
  return [...equal, ...expressions];
}

function matcherOfRequirements(requirements: readonly Requirement[]): LabelMatcher {
  const tests = requirements.map(testOf);
  return (labels) => tests.every((test) => test(labels ?? {}));
}

function testOf({ key, operator, values }: Requirement): (labels: Record<string, string>) => boolean {
  const value = values[0] ?? '';
  switch (operator) {
    case '=':
      return (labels) => labels[key] === value;
    case '!=':
      return (labels) => labels[key] !== value;
    case 'in':
      return (labels) => labels[key] !== undefined && values.includes(labels[key]);
    case 'notin':
      return (labels) => labels[key] === undefined || !values.includes(labels[key]);
    case 'exists':
      return (labels) => labels[key] !== undefined;
    case '!':
      return (labels) => labels[key] === undefined;
    case 'gt':
      return (labels) => /^[+-]?\d+$/.test(labels[key] ?? '') && BigInt(labels[key] ?? '') > BigInt(value);
    case 'lt':
      return (labels) => /^[+-]?\d+$/.test(labels[key] ?? '') && BigInt(labels[key] ?? '') < BigInt(value);
  }
}

function requirementText({ key, operator, values }: Requirement): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`;
  return `${key}${operator}${values[0]}`;
}

function splitFieldTerms(text: string): string[] {
  return text.match(/(?:[^\\,]|\\.|\\$)+/gs) ?? [];
}

function unescapeFieldValue(value: string): string {
  return value.replace(/\\([\\,=])/g, '$1');
}

function unparsable(detail: string): Error {
  return badRequest(`unable to parse requirement: ${detail}`);
}
