import {reportCommand} from '../command.js';
import {readIsos} from '../iso-files.js';
import {isoOptions, vchRunOptions} from '../options.js';
import {journaled, outageQuestion, wholeVch} from '../upgrade-result.js';

/** Continues an interrupted upgrade. */
export const resume = reportCommand({
  name: 'resume',
  summary: 'Go on with an upgrade that was interrupted, where it stopped; from any machine',
  options: {...vchRunOptions, ...isoOptions},
  examples: [
    [
      'resume -t vc.example -u admin -n vch1',
      'go on; an owner on another machine is watched for a sign of life first',
    ],
    ['resume -n vch1 --appliance-iso appliance.iso', 'the same when the upload of that file was cut off'],
  ],
  ...wholeVch,
  read: async ({own}) => ({timeout: own.timeout, ...(await readIsos(own, 'resume'))}),
  async run(session, options, {own}) {
    const {resumeVch} = await import('../../vch-upgrade/resume.js');
    return resumeVch(session, await journaled('resume', options, own.journal));
  },
  question: outageQuestion,
});
