"""Tools that another project could take as they are; they import nothing of ours but each other."""
