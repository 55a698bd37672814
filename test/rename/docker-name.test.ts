import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {assertRenameWords, nameInUse, renameUnsupported} from '../../src/rename/docker-name.js';

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
    const error = renameUnsupported('web', 'its data version 0 is below 4');
    expect(error.code).to.equal('VCH_ERR_RENAME_DISABLED');
    expect(error.message).to.match(/^container web does not support rename: its data version 0 is below 4/);
  });
});
