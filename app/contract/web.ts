/**
 * How a page in a browser reaches the engine of `lathe serve`: the address it is opened with ends in `?token=…`. The page
 * takes the token out of the address and keeps it in the tab's session storage, so that reloads work.
 */

/** Name of the token in the page's first address and in the WebSocket's. */
export const TOKEN_NAME = 'token';

/** WebSocket of the contract: `ws://host/rpc?token=…`. */
export const RPC_PATH = '/rpc';

/**
 * `PUT /upload/<name>` with `Authorization: Bearer <token>` and the file as the body answers `{ "path": … }`; an error is
 * `{ "code", "message", "hint" }`. Names may have folders; files of one folder end up beside each other.
 */
export const UPLOAD_PATH = '/upload/';
