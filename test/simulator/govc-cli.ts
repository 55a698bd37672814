import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {runPeer} from '../peers.js';

/** Runs govc against a simulator; gives what it printed, and fails the test where it fails. */
export async function govcOn(govc: string, simulator: Simulator, ...args: string[]): Promise<string> {
  const {code, output} = await attemptGovc(govc, simulator, ...args);
  expect(code, output).to.equal(0);
  return output.trim();
}

/** Runs govc, whatever comes of it. */
export function attemptGovc(govc: string, simulator: Simulator, ...args: string[]) {
  return runPeer(govc, args, {
    GOVC_URL: simulator.url,
    GOVC_USERNAME: simulator.user,
    GOVC_PASSWORD: simulator.password,
    GOVC_INSECURE: '1',
    GOVC_PERSIST_SESSION: 'false',
  });
}
