"""Every test of this folder against one binary: `clients.py PORTICO [NAME..]`."""

import os
import sys
import unittest

MODULES = ["journey_3", "featureos", "fera", "apiera", "financefeast"]

if __name__ == "__main__":
    os.environ["PORTICO"] = sys.argv[1]
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[2:] or MODULES)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed" + (f"\n{bad} failed" if bad else ""))
    sys.exit(1 if bad or not result.testsRun else 0)
