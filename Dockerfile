# syntax=docker/dockerfile:1
# docker buildx build --platform linux/amd64,linux/arm64 -t registry.example/serin:0.1.0 --push .
# What is built runs on any platform as it is, so that it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The pinned Node.js among the dependencies is for checkouts: here the image's own runs.
RUN npm ci --ignore-scripts
COPY scripts/build.ts scripts/
COPY crds crds/
COPY deploy deploy/
COPY src src/
RUN node scripts/build.ts && npm ci --omit=dev --ignore-scripts

# No shell and no package manager. Everything belongs to root and nothing is written: a read-only root will do.
FROM gcr.io/distroless/nodejs24-debian13:nonroot
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules/
COPY --from=build /app/crds crds/
COPY --from=build /app/dist dist/
ENV NODE_ENV=production
# What the stores hold changes little: a small nursery and an early collection keep the process small. For more memory than the
# 512 MB of deploy/base give the process more heap too.
ENV NODE_OPTIONS="--max-semi-space-size=4 --max-old-space-size=400"
# Lists come in megabytes and are gone a moment later: their pages go back to the kernel instead of being kept for the next.
ENV MALLOC_ARENA_MAX=2
ENV MALLOC_MMAP_THRESHOLD_=131072
ENV MALLOC_TRIM_THRESHOLD_=131072
USER 65532:65532
EXPOSE 9090
ENTRYPOINT ["/nodejs/bin/node", "/app/dist/serin.js"]
CMD ["controller"]
