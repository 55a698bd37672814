// The parts of `undici` that are used. Its index also loads fetch, WebSocket, caches and mocks.
import api from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';

export {default as buildConnector} from 'undici/lib/core/connect.js';
export {default as errors} from 'undici/lib/core/errors.js';
export {default as Pool} from 'undici/lib/dispatcher/pool.js';
export {default as ProxyAgent} from 'undici/lib/dispatcher/proxy-agent.js';

// As its index does.
Object.assign(Dispatcher.prototype, api);
