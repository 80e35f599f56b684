"""The product's own benchmarks: real processes in a folder that is thrown away, the receiver's count as the truth."""
