// graphql-js: a schema, resolvers that wait, variables, and errors with their places.
import { buildSchema, graphql } from "graphql";

const schema = buildSchema(`
  type Author { name: String!, books: [Book!]! }
  type Book { title: String!, year: Int!, author: Author! }
  type Query { books(since: Int = 0): [Book!]!, author(name: String!): Author, broken: String }
`);

const written = [
  { title: "Notes on the Analytical Engine", year: 1843, author: "Ada Lovelace" },
  { title: "Passages from the Life of a Philosopher", year: 1864, author: "Charles Babbage" },
];

const author = (name: string) => ({
  name,
  books: async () => written.filter((book) => book.author === name).map(resolved),
});

const resolved = (book: (typeof written)[number]) => ({ ...book, author: () => author(book.author) });

const rootValue = {
  books: ({ since }: { since: number }) => written.filter(({ year }) => year >= since).map(resolved),
  author: async ({ name }: { name: string }) =>
    written.some((book) => book.author === name) ? author(name) : null,
  broken() {
    throw new Error("out of order");
  },
};

export default {
  async fetch(request: Request): Promise<Response> {
    const { query, variables } = (await request.json()) as {
      query: string;
      variables?: Record<string, unknown>;
    };
    const result = await graphql({ schema, source: query, rootValue, variableValues: variables ?? {} });
    return Response.json(result);
  },
};
