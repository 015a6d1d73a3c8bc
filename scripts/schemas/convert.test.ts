import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Converter, type Definitions } from './convert.ts';
import { readGoPackage } from './gosource.ts';

const GO = 'k8s.io/api/zoo/v1';
const PREFIX = 'io.k8s.api.zoo.v1';

/** The definitions of a package that consists of `source`. */
function convert(source: string): Definitions {
  const root = mkdtempSync(join(tmpdir(), 'segue-convert-'));
  try {
    mkdirSync(join(root, GO), { recursive: true });
    writeFileSync(join(root, GO, 'types.go'), `package v1\n\n${source}`);
    const schema = { apiVersion: 'zoo/v1', prefix: PREFIX, go: GO, file: 'zoo.v1.json' };
    return new Converter([{ schema, go: readGoPackage(root, GO) }]).convert().get(PREFIX) ?? {};
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const TYPE_META = `
type TypeMeta struct {
	Kind string \`json:"kind,omitempty"\`
	APIVersion string \`json:"apiVersion,omitempty"\`
}
`;

test('takes kinds and what they refer to, with required fields, list types, merge keys and defaults', () => {
  const found = convert(`${TYPE_META}
// +genclient

// Cage says nothing.
type Cage struct {
	TypeMeta \`json:",inline"\`
	// Animals live here.
	// +listType=map
	// +listMapKey=name
	Animals []Animal \`json:"animals,omitempty" patchStrategy:"merge" patchMergeKey:"name"\`
	Size *int32 \`json:"size"\`
	// +optional
	Open bool \`json:"open"\`
	hidden string
	Skipped string \`json:"-"\`
}

type Animal struct {
	Name string \`json:"name"\`
	Traits \`json:",inline"\`
}

type Traits struct {
	// +default=4
	Legs int64 \`json:"legs,omitempty"\`
	Names map[string]string \`json:"names,omitempty"\`
	Tag []byte \`json:"tag,omitempty"\`
}

type Unused struct {
	Name string \`json:"name"\`
}
`);
  assert.deepEqual(found, {
    Animal: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        legs: { type: 'integer', format: 'int64', default: 4 },
        names: { type: 'object', additionalProperties: { type: 'string' } },
        tag: { type: 'string', format: 'byte' },
      },
      required: ['name'],
    },
    Cage: {
      type: 'object',
      properties: {
        kind: { type: 'string' },
        apiVersion: { type: 'string' },
        animals: {
          type: 'array',
          items: { $ref: `${PREFIX}.Animal` },
          'x-kubernetes-patch-merge-key': 'name',
          'x-kubernetes-patch-strategy': 'merge',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
        },
        size: { type: 'integer', format: 'int32' },
        open: { type: 'boolean' },
      },
      required: ['size'],
      isKind: true,
    },
  });
});

test('collects the values of an enum in both forms of constants, and leaves other string types open', () => {
  const found = convert(`${TYPE_META}
type Cage struct {
	TypeMeta \`json:",inline"\`
	Mood Mood \`json:"mood,omitempty"\`
	Colour Colour \`json:"colour,omitempty"\`
}

// +enum
type Mood string

type Colour string

const (
	MoodNone Mood = ""
	MoodWild Mood = "Wild"
	MoodCalm = Mood("Calm")
	Red Colour = "Red"
)
`);
  assert.deepEqual(found['Cage']?.properties?.['mood'], { type: 'string', goType: 'v1.Mood', enum: ['Calm', 'Wild'] });
  assert.deepEqual(found['Cage']?.properties?.['colour'], { type: 'string', goType: 'v1.Colour' });
});

test('stops at a type that it does not know', () => {
  const source = `${TYPE_META}
type Cage struct {
	TypeMeta \`json:",inline"\`
	Lock Lock \`json:"lock"\`
}
`;
  assert.throws(() => convert(source), /found no type Lock/);
});
