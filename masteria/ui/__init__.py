"""The screens: a folder a place, with its state and page; shell, guard and words beside them."""
