# The one image of mex: the servers, mex itself, and the k6 scripts with the sources that they import.
#
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION=$(git rev-parse HEAD) -t mex:0.1.0 .
#   docker run --read-only -e HTTP_HOST=0.0.0.0 -v wal:/var/lib/mex mex:0.1.0 serve engine
#
# Nothing in it depends on a processor: built on arm64 it is an arm64 image. NODE_IMAGE may name a mirror or a digest.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY bin bin
COPY scripts scripts
COPY src src
# What only an editor reads is a quarter of the dependencies.
RUN npm run build && npm prune --omit=dev --ignore-scripts && \
    find node_modules -type f \( -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.map' -o -name '*.md' \) -delete

FROM ${NODE_IMAGE}
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mex" \
      org.opencontainers.image.description="Validates the latency and scalability claims of a limit-order-book matching engine" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The user is a number without an account, and the parser of the command line asks for the account's shell where none is set.
ENV NODE_ENV=production SHELL=/bin/sh
WORKDIR /app
COPY --from=build /app/package.json /app/oclif.manifest.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
# k6 reads these as they are; a Job copies both folders to where its k6 can see them.
COPY k6 k6
COPY src/experiment src/experiment
COPY src/load src/load
COPY src/protocol src/protocol
COPY src/stats src/stats
# A number, because "run as non-root" cannot be held against a name; the owner of nothing in the image.
USER 65532:65532
EXPOSE 8080 9091
ENTRYPOINT ["node", "/app/bin/run.js"]
