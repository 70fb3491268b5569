"""Language models: asked for structured answers, one provider after the other, within a budget.

Belongs here: the providers' protocol and adapters, prices, the cost governor, the order in which providers are tried.
Does not belong here: what is asked and what is done with an answer (``assets``).
"""
