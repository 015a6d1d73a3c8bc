import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ImagesFileError, parseImagesFile } from './imagesfile.ts';

it('reads entries and fills in what they leave out', () => {
  const [entry] = parseImagesFile('images:\n  - names: [web]\n    program: webd\n    cmd: [webd]\n', 'f.yaml');
  assert.deepEqual(entry, {
    names: ['web'],
    program: 'webd',
    package: undefined,
    entrypoint: [],
    cmd: ['webd'],
    env: {},
    workingDir: undefined,
    stopSignal: 'SIGTERM',
    files: {},
  });
});

it('says in which line a file is wrong', () => {
  const head = 'images:\n  - names: [web]\n    program: webd\n';
  const cases: [string, RegExp][] = [
    ['images:\n  - names: [web\n', /^Cannot read images file f\.yaml:3: /],
    ['- names: [web]\n', /f\.yaml:1: the file is no mapping with a list "images"/],
    ['other: 1\n', /f\.yaml:1: the file is no mapping with a list "images"/],
    ['images:\n  - nginx\n', /f\.yaml:2: the entry is no mapping/],
    [`${head}    comand: [webd]\n`, /f\.yaml:4: unknown field "comand", need one of names, program/],
    [`${head}    cmd: webd\n`, /f\.yaml:4: cmd has a wrong type, need a list of strings/],
    [`${head}    cmd: [webd, 1]\n`, /f\.yaml:4: cmd has a wrong type/],
    [`${head}    env: {PORT: 80}\n`, /f\.yaml:4: env has a wrong type, need a mapping of strings/],
    [`${head}    cmd: [webd]\n    stopSignal: SIGNOPE\n`, /f\.yaml:2: stopSignal SIGNOPE is no signal/],
    [head, /f\.yaml:2: the entry of web runs nothing/],
    ['images:\n  - program: webd\n', /f\.yaml:2: the entry has no names/],
    ['images:\n  - names: [web]\n', /f\.yaml:2: the entry of web has no program/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseImagesFile(text, 'f.yaml'),
      (error) => error instanceof ImagesFileError && message.test(error.message),
      text,
    );
  }
});

it('begins a relative working directory at the folder of the images file and keeps an absolute one', () => {
  const text = (workingDir: string) =>
    `images: [{ names: [a], program: node, cmd: [node], workingDir: "${workingDir}" }]`;
  const read = (workingDir: string) => parseImagesFile(text(workingDir), '/shop/images.yaml')[0]?.workingDir;
  assert.equal(read('app/web'), '/shop/app/web');
  assert.equal(read('.'), '/shop');
  assert.equal(read('/srv'), '/srv');
});
