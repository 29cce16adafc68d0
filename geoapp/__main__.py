"""`python -m geoapp`."""

from geoapp.cli import main

if __name__ == "__main__":
    main()
