# A container of adferry, with nothing else in it but the certificates of the public
# authorities: no shell, no package manager, no root.
#
#   docker build -t adferry .
#   docker run --rm -v adferry:/var/lib/adferry -v "$PWD:/in:ro" \
#     -e ADFERRY_ACCESS_TOKEN adferry run /in/manifest.csv --job manifest.job
#
# The jobs' folders, and the list of the unfinished ones, are kept on the volume
# /var/lib/adferry, which is the working folder. Whatever user the container runs as has
# to be able to write there; a new volume belongs to the user 65532 that it runs as.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG TARGETOS=linux TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN .ci/release /out "$TARGETOS/${TARGETARCH:-$(go env GOARCH)}" \
 && mkdir -p /root-of-image/etc/ssl/certs /root-of-image/usr/local/bin /root-of-image/var/lib/adferry /root-of-image/tmp \
 && mv /out/adferry-* /root-of-image/usr/local/bin/adferry \
 && cp /etc/ssl/certs/ca-certificates.crt /root-of-image/etc/ssl/certs/ \
 && chmod 1777 /root-of-image/tmp \
 && chown 65532:65532 /root-of-image/var/lib/adferry

FROM scratch
COPY --from=build /root-of-image/ /
ENV ADFERRY_STATE_DIR=/var/lib/adferry/state
WORKDIR /var/lib/adferry
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/adferry"]
CMD ["help"]
