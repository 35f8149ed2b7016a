// mustache: a page from a template with sections, partials and escaping.
import mustache from "mustache";

const page = `<h1>{{title}}</h1>
<ul>
{{#items}}
{{> item}}
{{/items}}
{{^items}}<li>nothing</li>{{/items}}
</ul>`;
const item = `<li>{{name}} {{#price}}costs {{price}}{{/price}}</li>`;

export default {
  async fetch(request: Request): Promise<Response> {
    return new Response(mustache.render(page, await request.json(), { item }));
  },
};
