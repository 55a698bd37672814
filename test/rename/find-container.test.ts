import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {findContainer, holderOf} from '../../src/rename/find-container.js';

const A = `abc123${'0'.repeat(58)}`;
const B = `abc456${'0'.repeat(58)}`;
const C = `def${'0'.repeat(61)}`;

function container(containerId: string, name: string | null, own = true) {
  return {containerId, name, own, vm: `${name} (${containerId.slice(0, 6)})`};
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
