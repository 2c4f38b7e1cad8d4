"""Pictures: figures of runs, configurations as colours, and what is seen of a job while it runs."""
