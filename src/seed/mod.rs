//! The pipeline archive, mask, COPY.
