"""The police link: the codec alone, then with a receiver that we did not write, then on a real broker."""
