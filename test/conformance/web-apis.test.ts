// Every check of checks/, in Node.js and through the gateway: request, arena, platform, response.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckedGateway, answerInNode } from "./checked-gateway.ts";
import { abort } from "./checks/abort.ts";
import { blob } from "./checks/blob.ts";
import { body } from "./checks/body.ts";
import { clone } from "./checks/clone.ts";
import { encoding } from "./checks/encoding.ts";
import { bounds } from "./checks/bounds.ts";
import { headers } from "./checks/headers.ts";
import { request } from "./checks/request.ts";
import { response } from "./checks/response.ts";
import { runtime } from "./checks/runtime.ts";
import { streams } from "./checks/streams.ts";
import { subtle } from "./checks/subtle.ts";
import { url } from "./checks/url.ts";

const areas = {
  headers,
  response,
  request,
  body,
  url,
  encoding,
  abort,
  streams,
  blob,
  clone,
  runtime,
  subtle,
  bounds,
};
let gateway: CheckedGateway;

beforeAll(async () => {
  gateway = await CheckedGateway.start(areas);
});

afterAll(() => gateway?.stop());

for (const [area, { list }] of Object.entries(areas)) {
  describe(area, () => {
    list.forEach((check, index) => {
      test(check.title, async () => {
        const expected = JSON.stringify(check.expected);
        const inNode = check.notInNode ? undefined : await answerInNode(check);
        if (check.nodeDiffers) expect(inNode).not.toBe(expected);
        else if (!check.notInNode) expect(inNode, "in Node.js").toBe(expected);
        expect(await gateway.answer(area, index), "in an arena").toBe(expected);
      });
    });
  });
}
