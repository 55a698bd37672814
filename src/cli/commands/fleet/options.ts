import {text} from '../../option.js';

/** The commands over many VCHs, as the help has them together. */
export const FLEET = {
  name: 'fleet',
  summary: 'Many VCHs on many vCenters: waves, approval, budget, workers',
};

export const inventoryOption = {
  inventory: text('Command:', 'YAML file that names the vCenters, the waves and the budget', {value: 'FILE'}),
};
