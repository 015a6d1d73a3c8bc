import { invalidEach, invalidValue, required } from '../../causes.ts';
import { checkQualifiedName } from '../../names.ts';
import { compareQuantities, parseQuantity, QuantityError } from '../../quantity.ts';
import type { StatusCause } from '../../status.ts';
import type { ResourceRequirements } from '../../types/core.ts';

const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];
const NATIVE = /^(cpu|memory|ephemeral-storage|hugepages-.+|requests\..+)$|^[^/]*kubernetes\.io\//;

/** Problems of requests and limits: known names, quantities that are not negative, no request above its limit. */
export function validateResources(resources: ResourceRequirements | undefined, field: string): StatusCause[] {
  const { requests = {}, limits = {} } = resources ?? {};
  return [
    ...validateAmounts(limits, `${field}.limits`),
    ...validateAmounts(requests, `${field}.requests`),
    ...validateRequests(requests, { limits, field: `${field}.requests` }),
  ];
}

/** What is wrong with `text` as a quantity; undefined when it is one. */
export function quantityProblem(field: string, text: string): StatusCause | undefined {
  try {
    parseQuantity(text);
    return undefined;
  } catch (error) {
    if (error instanceof QuantityError) return invalidValue(field, text, error.message);
    throw error;
  }
}

function validateAmounts(amounts: Record<string, string>, field: string): StatusCause[] {
  return Object.entries(amounts).flatMap(([name, text]) => {
    const at = `${field}[${name}]`;
    const problem = quantityProblem(at, text);
    if (problem) return [problem];
    const causes = validateResourceName(name, at);
    if (parseQuantity(text).nano < 0n) causes.push(invalidValue(at, text, 'must be greater than or equal to 0'));
    return causes;
  });
}

function validateResourceName(name: string, field: string): StatusCause[] {
  const causes = invalidEach(field, name, checkQualifiedName(name));
  if (causes.length > 0 || name.includes('/')) return causes;
  if (STANDARD.includes(name) || name.startsWith('hugepages-')) return [];
  return [invalidValue(field, name, 'must be a standard resource for containers')];
}

function validateRequests(
  requests: Record<string, string>,
  { limits, field }: { limits: Record<string, string>; field: string },
): StatusCause[] {
  return Object.entries(requests).flatMap(([name, text]) => {
    const limit = limits[name];
    const shared = NATIVE.test(name) && !name.startsWith('hugepages-');
    if (quantityProblem(field, text)) return [];
    if (limit === undefined)
      return shared
        ? []
        : [required(field.replace(/requests$/, 'limits'), `Limit must be set for non overcommitable resources`)];
    if (quantityProblem(field, limit)) return [];
    const order = compareQuantities(parseQuantity(text), parseQuantity(limit));
    if (!shared && order !== 0) return [invalidValue(field, text, `must be equal to ${name} limit of ${limit}`)];
    return order > 0 ? [invalidValue(field, text, `must be less than or equal to ${name} limit of ${limit}`)] : [];
  });
}
