/**
 * How a page in a browser reaches the engine of `lathe serve`: the address it is opened with ends in `#token=…`. The token
 * goes with the WebSocket's address and with every upload; it is kept in the tab's session storage so that reloads work.
 */

/** Name of the token in the address's fragment and in the WebSocket's query. */
export const TOKEN_NAME = 'token';

/** WebSocket of the contract: `ws://host/rpc?token=…`. */
export const RPC_PATH = '/rpc';

/** `PUT /upload/<name>` with the header below and the file as the body answers `{ "path": … }`; errors `{ "error": { code, message, hint } }`. */
export const UPLOAD_PATH = '/upload/';
export const TOKEN_HEADER = 'x-lathe-token';
