# The image of the service. Build: docker build --build-arg TORCH_INDEX_URL=... -t lexatlas .
#
# PYTHON_IMAGE     the base. To pin it to bytes rather than to a tag, pass the digest as well:
#                  --build-arg PYTHON_IMAGE=python:3.11-slim-bookworm@sha256:...
# TORCH_INDEX_URL  the CPU wheel index of PyTorch. Left empty, PyTorch comes from wherever pip looks, and on
#                  Linux that build carries gigabytes of CUDA libraries that the image has no use for.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder
ARG TORCH_INDEX_URL=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PATH=/opt/lexatlas/bin:$PATH
WORKDIR /src
RUN python -m venv /opt/lexatlas
# The dependencies in layers of their own: a change of code alone rebuilds none of them.
COPY constraints.txt pyproject.toml ./
RUN grep '^torch==' constraints.txt > torch.txt \
    && if [ -n "$TORCH_INDEX_URL" ]; then \
         pip install --no-deps --index-url "$TORCH_INDEX_URL" --requirement torch.txt; \
       else \
         pip install --no-deps --requirement torch.txt; \
       fi
RUN python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], "hatchling", sep="\n")' > requirements.txt \
    && pip install --constraint constraints.txt --requirement requirements.txt
COPY LICENSE README.md ./
COPY app app
COPY scraper scraper
COPY indexing indexing
COPY graph graph
# What `lexatlas demo` crawls.
COPY sample/site sample/site
COPY sample/jurisdictions sample/jurisdictions
# With the code goes the embedding model as ONNX, made once here: the service starts without PyTorch and has no
# need to write it.
RUN pip install --no-deps --no-build-isolation /src \
    && python -c 'from pathlib import Path; from indexing.embedding import EmbedderConfig, create_embedder; print(create_embedder(EmbedderConfig(), Path("/opt/lexatlas/models")).dimension)'

FROM ${PYTHON_IMAGE} AS service
LABEL org.opencontainers.image.title="Lexatlas" \
      org.opencontainers.image.description="Open legal research: search, topics, a citation graph and cited answers" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 lexatlas \
    && useradd --system --uid 10001 --gid lexatlas --home-dir /tmp --no-create-home --shell /usr/sbin/nologin lexatlas \
    && install --directory --owner=lexatlas --group=lexatlas --mode=0750 /data
COPY --from=builder /opt/lexatlas /opt/lexatlas
# The models are in the image and nothing may be fetched at run time. Nothing is written but /data and /tmp,
# so the root file system can be read-only.
ENV PATH=/opt/lexatlas/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    HF_HOME=/tmp/huggingface \
    LEXATLAS_DATA=/data \
    LEXATLAS_MODELS=/opt/lexatlas/models
WORKDIR /data
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["lexatlas", "serve", "--host", "0.0.0.0", "--port", "8000"]
