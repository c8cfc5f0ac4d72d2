/** Names of models on the hub, and the settings that say where it is. */
import { describe, expect, it } from 'vitest';
import { CATALOGUE, hubSettings, parseReference } from '../../../app/models/hub/index.ts';

describe('a reference', () => {
  it('is a short name, a repository, a revision', () => {
    const repo = 'HuggingFaceTB/SmolLM2-135M-Instruct';
    const smollm2 = { repo, revision: 'main', id: 'smollm2-135m-instruct' };
    expect(parseReference('smollm2-135m-instruct')).toEqual(smollm2);
    expect(parseReference(repo)).toEqual(smollm2);
    expect(parseReference('gpt2@v1.0')).toEqual({ repo: 'openai-community/gpt2', revision: 'v1.0', id: 'gpt2' });
    expect(parseReference('Me/My_Model.v2@refs/pr/3')).toEqual({
      repo: 'Me/My_Model.v2',
      revision: 'refs/pr/3',
      id: 'my_model.v2',
    });
  });

  it.each(['nobody-knows', '', 'a/b/c', '../../etc', 'a/..', 'a/b@', 'a/b@../x', 'a/b@c@d', 'a b/c', '/a/b', 'a/b?x'])(
    'is not %j',
    (text) => {
      expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'arguments/invalid' }));
    },
  );

  it('knows every entry of the catalogue by both names', () => {
    for (const { id, repo } of CATALOGUE) expect(parseReference(id)).toEqual(parseReference(repo));
  });
});

describe('the settings', () => {
  it('come from the variables of Hugging Face tools', () => {
    expect(hubSettings({})).toMatchObject({ endpoint: 'https://huggingface.co', token: undefined });
    expect(hubSettings({ HF_ENDPOINT: 'http://mirror:80/', HF_TOKEN: ' hf_x\n' })).toMatchObject({
      endpoint: 'http://mirror:80',
      token: 'hf_x',
    });
  });

  it('refuse to go out when offline, or to nonsense', () => {
    expect(() => hubSettings({ HF_HUB_OFFLINE: '1' })).toThrow(expect.objectContaining({ code: 'hub/offline' }));
    expect(() => hubSettings({ HF_HUB_OFFLINE: '0' })).not.toThrow();
    for (const HF_ENDPOINT of ['not an address', 'file:///etc'])
      expect(() => hubSettings({ HF_ENDPOINT })).toThrow(expect.objectContaining({ code: 'arguments/invalid' }));
  });
});
