export {type IsoFileOptions, isoFile, writeIso} from '../src/testing/iso-file.js';
