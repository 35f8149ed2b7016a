# syntax=docker/dockerfile:1

# The gateway's image. Node runs the TypeScript as it is (type stripping), so there is nothing to compile: the stages are
# packages, and the gateway with a warm cache of compiled code. Pin both by digest: --build-arg NODE_IMAGE=node@sha256:...
#
# The base has a libc, libstdc++ and libatomic for Node, and bash for the health check; distroless images lack the last two.
ARG NODE_IMAGE=node:26.10.0-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# No install scripts: esbuild finds its binary in the package of its platform.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Package managers are for building, and make a foothold comfortable.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/{npm,npx,corepack,yarn,yarnpkg} /opt/yarn-* \
    && install -d -o 65532 -g 65532 /app/.compiled /etc/nea /handlers
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY LICENSE package.json ./
COPY gateway gateway
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compiled
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# Started once, reloaded, and stopped: that what is in the image runs, and that Node's compiled code is in it. At run time the root
# file system is read-only, and without the cache a start takes twice as long. Node keeps a cache per user id. What a fleet
# needs is loaded for fleets only, so it is loaded once by itself.
RUN --mount=type=bind,source=config,target=/build/config --mount=type=bind,source=handlers,target=/build/handlers \
    says() { (exec 3<>/dev/tcp/127.0.0.1/9090 && printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3 && grep -q "$2" <&3) 2>/dev/null; }; \
    until_it_says() { until says "$@"; do kill -0 $!; sleep 0.2; done; }; \
    node --eval 'import("/app/gateway/fleet/fleet.ts")'; \
    node gateway/main.ts serve --config /build/config/gateway.yaml & \
    until_it_says /readyz ' 200 '; \
    kill -HUP $!; \
    until_it_says /metrics '^nea_config_reloads_total{result="ok"} 1'; \
    kill -TERM $! && wait $!

ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Nea Gateway" \
      org.opencontainers.image.description="A reverse proxy that runs TypeScript handlers in fixed memory arenas" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# Files are named relative to this in logs: handlers/hello.ts:3:5.
WORKDIR /etc/nea
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
# For engines without probes of their own. Not with node: a second one would be 40 MB that no plan knows of.
HEALTHCHECK --interval=10s --timeout=2s --start-period=60s CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9090 && printf 'GET /livez HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"]
# Node is process 1: it handles SIGTERM itself, also while it starts, and its only child is one that it waits for.
ENTRYPOINT ["node", "/app/gateway/main.ts"]
CMD ["serve", "--config", "/etc/nea/gateway.yaml"]
