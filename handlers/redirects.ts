import type { Handler } from "nea-gateway";

// Where pages have moved to. A Map that is made here, outside of fetch(), is made once: it is part of the image.
const MOVED = new Map([
  ["/about-us", "/about"],
  ["/jobs", "https://jobs.example.com/"],
  ["/2024/sale", "/sale"],
]);

// Old blog addresses: /blog.php?post=123 is /blog/123 now.
export default {
  fetch(request, _env, ctx) {
    const url = new URL(request.url);
    const path = url.pathname.replace(/(?<=.)\/$/, "");
    const post = url.searchParams.get("post");
    const target = path === "/blog.php" && post ? `/blog/${encodeURIComponent(post)}` : MOVED.get(path);
    if (target === undefined) return ctx.next();
    const location = new URL(target, url);
    if (path !== "/blog.php") location.search = url.search;
    return Response.redirect(location, 308);
  },
} satisfies Handler;
