"""The proof of a state backend as tests, for whoever has a copy of the module, or a module of their own.

::

    pytest --pyargs tfproof.suite --module ./vendor/state-backend --module-var-file prod.tfvars

Everything is planned and applied once for the run, by the fixtures of the pytest plugin. The protected destroy is not
among the tests, since it would take the stack from the others: `tfproof prove` tries it.
"""
