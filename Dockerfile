# The tutor as a container: non-root, its state in the volume /state, everything else read-only.
FROM python:3.12-slim AS build
WORKDIR /app
ENV PIP_NO_CACHE_DIR=1
# A CPU build of torch by default; name another index for CUDA builds.
ARG TORCH_INDEX=""
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
RUN /venv/bin/pip install -c constraints.txt torch ${TORCH_INDEX:+--index-url "$TORCH_INDEX"}
COPY corpus corpus
COPY index index
COPY service service
COPY eval eval
RUN /venv/bin/pip install -c constraints.txt '.[openai]'

FROM python:3.12-slim
# bubblewrap and libseccomp keep snippets in; g++ is for those that call torch.compile.
RUN apt-get update && apt-get install -y --no-install-recommends bubblewrap g++ libseccomp2 && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home tutor && install -d -o tutor -g tutor /state
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TUTOR_HOME=/state TUTOR_HOST=0.0.0.0
USER tutor
WORKDIR /home/tutor
VOLUME /state
EXPOSE 8000
CMD ["torchtutor", "serve"]
