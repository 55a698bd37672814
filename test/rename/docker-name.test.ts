import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import type {ReadableVm} from '../../src/inventory/container-vms.js';
import {
  assertRenameWords,
  type Container,
  findContainer,
  holderOf,
  nameInUse,
} from '../../src/rename/docker-name.js';
import {renameRefusal} from '../../src/rename/rename-target.js';

function refusal(container: string, newName: string): VchError | null {
  try {
    assertRenameWords(container, newName);
    return null;
  } catch (error) {
    if (error instanceof VchError) return error;
    throw error;
  }
}

describe('rename: docker names', () => {
  const taken = [
    'ab',
    '1b',
    'web_1',
    'a.b-c',
    'Web',
    'a'.repeat(64),
    `${'a'.repeat(199)}9`,
    '1bd4c04ef029_web',
  ];
  for (const name of taken) {
    it(`takes ${name.slice(0, 20)}${name.length > 20 ? `… of ${name.length} characters` : ''}`, () => {
      expect(refusal('web', name)).to.equal(null);
    });
  }

  const refused = [
    'a',
    '9',
    '_web',
    '-web',
    '.web',
    'we b',
    ' web',
    'web\n',
    'wéb',
    '名前',
    '🐳🐳',
    'a/b',
    '/web',
    'a|b',
    'a:b',
  ];
  for (const name of refused) {
    it(`refuses ${JSON.stringify(name)} in docker's words`, () => {
      const error = refusal('web', name);
      expect(error?.code).to.equal('VCH_ERR_NAME_INVALID');
      expect(error?.message).to.include(
        `invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
      );
    });
  }

  for (const [container, newName] of [
    ['', 'web'],
    ['web', ''],
    ['', ''],
  ] as const) {
    it(`refuses ${JSON.stringify([container, newName])} as empty`, () => {
      expect(refusal(container, newName)?.message).to.match(/^neither old nor new names may be empty/);
    });
  }

  it("has docker's words for a name in use, and VIC's for a legacy container", () => {
    expect(nameInUse('web', 'abc').message).to.equal(
      'conflict. The name "web" is already in use by container abc. You have to remove (or rename) that container to be able to re use that name.',
    );
    const error = renameRefusal({...container(A, 'web'), config: {}}, 'web');
    expect(error?.code).to.equal('VCH_ERR_RENAME_DISABLED');
    expect(error?.message).to.match(/^container web does not support rename: its data version 0 is below 4/);
  });
});

const A = `abc123${'0'.repeat(58)}`;
const B = `abc456${'0'.repeat(58)}`;
const C = `def${'0'.repeat(61)}`;

function container(containerId: string, name: string, own = true): Container & ReadableVm {
  return {
    status: 'readable',
    ref: {type: 'VirtualMachine', value: containerId.slice(0, 6)},
    displayName: name,
    powerState: 'poweredOn',
    containerId,
    biosUuid: null,
    instanceUuid: '',
    changeVersion: '1',
    isOnly: own,
    owner: {status: own ? 'own' : 'placed', findings: []},
    config: {'common/name': name},
  };
}

const web = container(A, 'web');
const db = container(B, 'db');
// Named like the beginning of another one's id.
const odd = container(C, 'abc456');
const all = [web, db, odd];

function failure(word: string, containers = all): string {
  try {
    findContainer(word, containers);
  } catch (error) {
    if (error instanceof VchError && error.code === 'VCH_ERR_CONTAINER_NOT_FOUND') return error.message;
    throw error;
  }
  throw new Error(`${word} was found`);
}

describe('rename: finding a container', () => {
  it('finds it by name, with or without the slash docker shows', () => {
    expect(findContainer('web', all)).to.equal(web);
    expect(findContainer('/web', all)).to.equal(web);
  });

  it('finds it by its full id, and by a beginning that is its alone', () => {
    expect(findContainer(A, all)).to.equal(web);
    expect(findContainer('abc1', all)).to.equal(web);
    expect(findContainer('d', all)).to.equal(odd);
  });

  it('takes a name before the beginning of an id', () => {
    expect(findContainer('abc456', all)).to.equal(odd);
    expect(findContainer('abc4560', all)).to.equal(db);
  });

  it("refuses in docker's words what is not there, and what is not clear", () => {
    expect(failure('nothing')).to.match(/^No such container: nothing/);
    expect(failure('we')).to.match(/^No such container: we/);
    expect(failure('ABC1')).to.match(/^No such container: ABC1/);
    expect(failure('abc')).to.match(/^Multiple IDs found with provided prefix: abc/);
  });

  it('takes the original before its clone, and refuses to choose between two clones', () => {
    const clone = container(A, 'web', false);
    for (const word of ['web', A, 'abc1']) expect(findContainer(word, [clone, web])).to.equal(web);
    expect(failure('web', [clone, clone])).to.match(/^2 containerVMs answer to web: web \(abc123\)/);
  });

  it('sees who else holds a name, and no clone in it', () => {
    expect(holderOf('db', all, web)).to.equal(db);
    expect(holderOf('free', all, web)).to.equal(undefined);
    expect(holderOf('web', [web, container(A, 'web', false)], web)).to.equal(undefined);
  });
});
