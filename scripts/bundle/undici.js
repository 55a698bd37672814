// The parts of `undici` that are used. Its index also loads fetch, WebSocket, caches and mocks.
import connect from 'undici/lib/api/api-connect.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';

export {default as buildConnector} from 'undici/lib/core/connect.js';
export {default as errors} from 'undici/lib/core/errors.js';
export {default as Pool} from 'undici/lib/dispatcher/pool.js';
export {default as ProxyAgent} from 'undici/lib/dispatcher/proxy-agent.js';

// As its index does; the rest of its API makes streams, which are not used.
Dispatcher.prototype.connect = connect;
