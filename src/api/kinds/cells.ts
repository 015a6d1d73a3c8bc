import { ageOf } from '../age.ts';
import type { Column } from '../kind.ts';
import type { PodSpec } from '../types/core.ts';
import type { KubeObject } from '../types/meta.ts';

/** The columns and cells that several kinds share, as `kubectl get` shows them. */
export const NAME_COLUMN: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique among those of its kind in its namespace.',
  priority: 0,
};

export const AGE_COLUMN: Column = {
  name: 'Age',
  type: 'string',
  description: 'Time since the server created the object.',
  priority: 0,
};

export function column(
  name: string,
  description: string,
  options: { type?: Column['type']; wide?: boolean } = {},
): Column {
  return { name, type: options.type ?? 'string', description, priority: options.wide ? 1 : 0 };
}

export function ageCell(object: KubeObject, now: number): string {
  return ageOf(object.metadata.creationTimestamp, now);
}

/** The first `max` of `items`, comma-separated, then how many more there are; `empty` when there are none. */
export function firstFew(items: readonly string[], options: { empty: string; max?: number }): string {
  const max = options.max ?? 3;
  if (items.length === 0) return options.empty;
  const shown = items.slice(0, max).join(',');
  return items.length > max ? `${shown} + ${items.length - max} more...` : shown;
}

/** The wide columns of kinds that make pods. */
export const TEMPLATE_COLUMNS: readonly Column[] = [
  column('Containers', 'Names of the containers of the template.', { wide: true }),
  column('Images', 'Images of the containers of the template.', { wide: true }),
  column('Selector', 'Label selector of the pods.', { wide: true }),
];

/** Cells for the first two of `TEMPLATE_COLUMNS`. */
export function templateCells(spec: PodSpec): [string, string] {
  return [
    spec.containers.map((container) => container.name).join(','),
    spec.containers.map((container) => container.image ?? '').join(','),
  ];
}
