/** The commands around plugins, as the help has them together. */
export const PLUGINS = {name: 'plugins', summary: 'List, make and check plugins: list, new NAME, check PATH'};
