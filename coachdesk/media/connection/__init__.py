"""A peer connection: its streams, what aiortc lacks, and how each stream suits the path it takes."""
