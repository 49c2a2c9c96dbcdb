"""The article's experiments: each is a record of parameters and one call that measures.

The article is "Deep Learning - 3 改进神经网络的学习方式" (2018), which retells chapter 3 of Michael
Nielsen's "Neural Networks and Deep Learning": http://neuralnetworksanddeeplearning.com/chap3.html.

Worker processes import this package, so it imports nothing by itself.
"""
