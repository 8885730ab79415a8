# Martlet's image: a jlinked Temurin 25, the libraries, the jar and an AOT cache, on a base without a shell.
#
#   docker build -t martlet .
#   docker run --rm -p 8080:8080 --read-only --tmpfs /tmp martlet

# The jar is the same for every architecture, so it is built on the builder's own.
FROM --platform=$BUILDPLATFORM maven:3.9.16-eclipse-temurin-25-noble@sha256:93b8a14ea2f412782e4e842651273b4d903e35cc496284f178fbbe2d67d00976 AS jar
WORKDIR /build
COPY pom.xml ./
# First without the sources: this layer holds what Maven downloads, and changes only with the pom.
RUN mvn -B -ntp -q -Dmaven.test.skip=true package
COPY src src
RUN mvn -B -ntp -q -Dmaven.test.skip=true package \
      dependency:unpack-dependencies -DincludeScope=runtime -DoutputDirectory=target/unpacked \
      -Dmdep.unpack.excludes='**/module-info.class,META-INF/**' \
 # All files and folders get one time stamp, so that the layer of the libraries keeps its bytes until a library changes.
 && mkdir -p libs/app jar/app && mv target/libs libs/app/ && mv target/martlet.jar jar/app/ && cp src/main/jvm/options jar/app/jvm.options \
 && find libs jar -exec touch -d 2026-11-21T00:00:00Z {} +

# A Java with the modules that the classes refer to, and one that is loaded by name only: DNS for mongodb+srv://.
# java.desktop would add 20 MB. Micrometer refers to it only for Log4j, which is not here.
FROM maven:3.9.16-eclipse-temurin-25-noble@sha256:93b8a14ea2f412782e4e842651273b4d903e35cc496284f178fbbe2d67d00976 AS java
COPY --from=jar /build/target/unpacked /build/target/classes /classes/
RUN modules=$(jdeps --ignore-missing-deps --multi-release 25 --print-module-deps /classes | sed 's/java.desktop,//') \
 && mkdir -p /java/opt && jlink --add-modules "$modules,jdk.naming.dns" \
      --strip-java-debug-attributes --no-header-files --no-man-pages --output /java/opt/java \
 && find /java -exec touch -h -d 2026-11-21T00:00:00Z {} +

FROM gcr.io/distroless/base-nossl-debian13:nonroot@sha256:8c563c1fb5e120606f0d85733049775faed6192e2bd2223ef283a5393eec22b9 AS runtime
COPY --from=java /java/ /
COPY --from=jar /build/libs/ /
COPY --from=jar /build/jar/ /
# For a try without a MongoDB. The root is read-only, and this folder is gone with the container.
ENV DATA_DIR=/tmp/data
# The option -p of `docker run` decides who can reach it.
ENV HOST=0.0.0.0

# The AOT cache fits only the JVM, the flags and the jars of its training. So it is made with this image's own, on this
# architecture. The second command fails the build if Java does not accept the cache.
FROM runtime AS aot
USER 0
RUN ["/opt/java/bin/java", "@/app/jvm.options", "-XX:AOTCacheOutput=/app/martlet.aot", "-cp", "/app/martlet.jar", "dev.martlet.Training", "PT30S"]
RUN ["/opt/java/bin/java", "@/app/jvm.options", "-XX:AOTCache=/app/martlet.aot", "-XX:AOTMode=on", "-cp", "/app/martlet.jar", "-version"]

FROM runtime
COPY --from=aot /app/martlet.aot /app/
LABEL org.opencontainers.image.title="Martlet" \
      org.opencontainers.image.description="A JSON document service on Helidon SE and MongoDB" \
      org.opencontainers.image.licenses="Apache-2.0"
# The version in /who and X-Served-By. It comes last, so that a new tag does not build anything above it again.
ARG VERSION=
ENV MARTLET_VERSION=$VERSION
USER 10001:10001
WORKDIR /tmp
EXPOSE 8080
ENTRYPOINT ["/opt/java/bin/java", "@/app/jvm.options", "-XX:AOTCache=/app/martlet.aot", "-jar", "/app/martlet.jar"]
