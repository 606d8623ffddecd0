import { defineErrors } from "../errors.ts";

/** Codes of the socket's server end. */
export const channelErrors = defineErrors({
  CHANNEL_FRAME_INVALID: {
    status: 400,
    expose: true,
    message: (reason: string) => `A message could not be read: ${reason}.`,
  },
  CHANNEL_FRAME_TOO_LARGE: {
    status: 413,
    expose: true,
    message: (limit: number) => `A message was larger than ${limit} characters. Send less, or upload it as a file.`,
  },
  CHANNEL_FRAME_TOO_DEEP: {
    status: 400,
    expose: true,
    message: (limit: number) => `A message was nested more than ${limit} levels deep.`,
  },
  CHANNEL_QUEUE_FULL: {
    status: 429,
    expose: true,
    message: (limit: number) => `More than ${limit} calls wait for an answer. Try again when some have been answered.`,
  },
  CHANNEL_INPUT_FULL: {
    status: 429,
    expose: true,
    message: (limit: number) =>
      `The calls that wait for an answer hold more than ${limit} characters. Try again when some have been answered.`,
  },
  CHANNEL_RATE_LIMITED: {
    status: 429,
    expose: true,
    message: (perSecond: number) => `More than ${perSecond} calls a second. Try again in a moment.`,
  },
  CHANNEL_FULL: {
    status: 503,
    expose: true,
    message: () => "The server serves as many tabs as it has room for. Try again later.",
  },
  CHANNEL_ADDRESS_FULL: {
    status: 429,
    expose: true,
    message: (limit: number) => `Your network address has ${limit} pages of this app open already. Close some of them.`,
  },
  CHANNEL_SESSION_FULL: {
    status: 429,
    expose: true,
    message: (limit: number) => `Your browser has ${limit} pages of this app open already. Close some of them.`,
  },
  CHANNEL_EFFECTS_LOST: {
    status: 410,
    expose: true,
    message: () => "While you were not connected more happened than could be kept, such as a download. Try it again.",
  },
  CHANNEL_CLOSING: {
    status: 503,
    expose: true,
    message: () => "The server is shutting down.",
  },
  CHANNEL_NOT_RUN: {
    status: 503,
    expose: true,
    message: () => "The server shut down before this ran. Nothing was changed.",
  },
  CHANNEL_SIGNED_OUT: {
    status: 401,
    expose: true,
    message: () => "The signed-in user has changed.",
  },
  CHANNEL_HELLO_INVALID: {
    status: 400,
    expose: true,
    message: (reason: string) => `The page introduced itself wrongly: ${reason}.`,
  },
  CHANNEL_PROTOCOL_MISMATCH: {
    status: 409,
    expose: true,
    message: (server: number, page: number) =>
      `The server speaks protocol ${server}, the page ${page}. Load the page again.`,
  },
  CHANNEL_TAB_EXPIRED: {
    status: 410,
    message: () => "The tab did not come back in time; its states were discarded.",
  },
  CHANNEL_TAB_TOO_LARGE: {
    status: 413,
    expose: true,
    message: (limit: number) =>
      `The data of this page takes more than the ${limit} bytes that the server keeps for one page. The page will be reset.`,
  },
  CHANNEL_STATES_FULL: {
    status: 503,
    expose: true,
    message: () => "The server has no room for the data of this page. The page will be reset.",
  },
  CHANNEL_TAB_LEFT: {
    message: () => "The tab has been away for too long for its background work to go on.",
  },
  CHANNEL_APP_RELOADED: {
    message: () => "The app's code was loaded again; background work of the old code ends.",
  },
  PAGE_REFUSED: {
    status: 403,
    expose: true,
    message: (path: string) => `The page ${path} is not open to you.`,
  },
  PAGE_LEFT: {
    status: 409,
    expose: true,
    message: () => "The page was left before this had ended.",
  },
  PAGE_RELOADED: {
    message: () => "The page was loaded again; background work of the page before ends.",
  },
});
